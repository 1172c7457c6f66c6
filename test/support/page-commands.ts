import { readFile } from 'node:fs/promises';

/** The commands of a page, for a test that executes every one of them. */
export interface PageCommands {
  /** Takes the next block of commands below a heading. */
  take: (heading: string) => string;
  /** The blocks that nobody has taken. */
  rest: () => string[];
}

/** Reads the blocks of shell commands of a Markdown page, in their order. */
export async function readPageCommands(file: string): Promise<PageCommands> {
  const text = await readFile(file, 'utf8');
  const blocks = text.split(/^#+ /m).flatMap((section) => {
    const heading = section.slice(0, section.indexOf('\n'));
    // One in a list is indented with it.
    return [...section.matchAll(/^( *)```sh\n([^]*?)^\1```$/gm)].map(([, indent, commands]) => ({
      heading,
      commands: commands!.replaceAll(new RegExp(`^${indent!}`, 'gm'), ''),
    }));
  });
  return {
    take: (heading) => {
      const index = blocks.findIndex((block) => block.heading === heading);
      if (index === -1) throw new Error(`${file} has no further commands below "${heading}".`);
      return blocks.splice(index, 1)[0]!.commands;
    },
    rest: () => blocks.map(({ commands }) => commands),
  };
}
