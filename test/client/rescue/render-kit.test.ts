import { expect, it } from 'vitest';
import { parseConfiguration } from '../../../src/config/load.js';
import { renderKit } from '../../../src/client/rescue/render-kit.js';

const facts = { version: '1.0.0', configurationFile: '/etc/backups.yaml', newest: [] };

/** The page of a server with and without WAL. */
const render = (wal: string) =>
  renderKit(
    parseConfiguration(
      `
staging: { directory: /staging }
servers: [{ name: main, host: db, port: 5432, user: postgres, databases: [app]${wal} }]
encryption: { method: none }
stores: [{ url: 'file:///store' }]
`,
      'backups.yaml',
    ),
    facts,
  );
const configured = 'temponest-backups --config /etc/backups.yaml rescue';

it('says how one database is restored, with and without backups.yaml', () => {
  const page = render('').split('\n');
  expect(page).toContain(`  ${configured} restore DATABASE --swap --private-keys PRIVATE_KEYS_FILE`);
  const bare = page.slice(page.indexOf('Without backups.yaml'));
  expect(bare).toContain(
    '  temponest-backups rescue restore DATABASE --swap --store file:///store --server main --host db --port 5432 --user postgres --password-file FILE',
  );
});

it('says how the whole server is recovered where its WAL is archived', () => {
  const page = render(', wal: {}');
  expect(page).toContain(
    `  ${configured} recover --latest --into DIRECTORY --private-keys PRIVATE_KEYS_FILE\n`,
  );
  expect(page).toMatch(
    /temponest-backups rescue recover --latest --into DIRECTORY --store file:\/\/\/store --server main$/m,
  );
  expect(render('')).not.toContain('rescue recover');
});
