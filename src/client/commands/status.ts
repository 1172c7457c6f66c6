import { Command } from 'commander';
import { resolveServer } from '../../config/resolve.js';
import { action, type ExitCode } from '../context.js';
import { print, printJson } from '../output.js';
import { collectStatus } from '../status/collect-status.js';
import type { StatusReport } from '../status/judge-status.js';
import { renderStatus } from '../status/render-status.js';

const exitCodes: Record<StatusReport['state'], ExitCode> = { ok: 0, warning: 1, critical: 2 };

export const status = new Command('status')
  .description(
    'are we safe? per database the last backup and when one was proven, what can be recovered, findings, next runs',
  )
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups status
  temponest-backups status --json | jq '.databases[] | select(.state != "ok")'

The store, the server and Temporal are asked; whichever does not answer is part of the answer. Findings are those of the
newest verification ("temponest-backups verify").

Exit codes, as monitoring systems take them:
  0  ok: all have a backup of the last 25 h (the whole server, where its WAL is archived, one of the last 8 days)
  1  warning: one is older, the server or Temporal does not answer, a schedule is paused, or a finding warns
  2  critical: one has none that can be read, the store cannot be read, a schedule is missing, or a finding is critical`,
  )
  .action(
    action(async (context, options: { server?: string }) => {
      const configuration = await context.loadConfiguration();
      const server = resolveServer(configuration, options.server);
      const report = await collectStatus(configuration, server, context.environment);
      if (context.json) printJson(report);
      else print(renderStatus(report));
      return exitCodes[report.state];
    }),
  );
