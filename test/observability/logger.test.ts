import { expect, it, onTestFinished, vi } from 'vitest';
import { createLogger } from '../../src/observability/logger.js';
import { rememberSecret } from '../../src/observability/redaction.js';

/** What is written to standard error while the test runs. */
function readLog(): string[] {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  onTestFinished(() => void spy.mockRestore());
  return lines;
}

it('writes one JSON object a line, without secrets', () => {
  const lines = readLog();
  rememberSecret('se"cret\nvalue');
  const logger = createLogger('info');
  logger.info({ database: 'agentic' }, 'has se"cret\nvalue');
  logger.error({ error: new Error('no se"cret\nvalue') }, 'failed');
  logger.debug('not shown');
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line.endsWith('\n')).toBe(true);
  const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toMatchObject({ msg: 'has ***', database: 'agentic' });
  expect(second).toMatchObject({ msg: 'failed', error: { type: 'Error', message: 'no ***' } });
  expect(lines.join('')).not.toContain('cret');
});
