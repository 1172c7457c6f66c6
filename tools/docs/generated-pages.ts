import { format, resolveConfig } from 'prettier';
import { renderCli } from './render-cli.js';
import { renderConfiguration } from './render-configuration.js';

/** The pages below docs/ that are made from the code, by their file names, formatted as `npm run lint` wants them. */
export async function generatedPages(): Promise<Record<string, string>> {
  const pages = { 'cli.md': renderCli(), 'configuration.md': renderConfiguration() };
  const options = await resolveConfig('docs/cli.md');
  const formatted = Object.entries(pages).map(
    async ([name, page]) => [name, await format(page, { ...options, parser: 'markdown' })] as const,
  );
  return Object.fromEntries(await Promise.all(formatted));
}
