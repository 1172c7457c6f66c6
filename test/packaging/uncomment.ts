/** A part of the annotated example that is commented out: a key with what belongs to it. */
export interface CommentedPart {
  /** The key, or the dash of a list's entry with its first key. */
  head: string;
  lines: number[];
}

/** `#key:` begins a part, `#` with two blanks or more goes on with it, `# Text` is a comment for people. */
const head = /^ *#([^\s#].*)$/;
const continuation = /^ *# {2,}\S/;
const prose = /^ *# \S/;

/** Finds the parts. */
export function findCommentedParts(text: string): CommentedPart[] {
  const parts: CommentedPart[] = [];
  let current: CommentedPart | undefined;
  text.split('\n').forEach((line, index) => {
    const start = head.exec(line)?.[1];
    if (start !== undefined) parts.push((current = { head: start, lines: [index] }));
    else if (continuation.test(line)) current?.lines.push(index);
    else if (!prose.test(line)) current = undefined;
  });
  return parts;
}

/** The text with the `#` of these parts taken away. */
export function uncomment(text: string, parts: readonly CommentedPart[]): string {
  const chosen = new Set(parts.flatMap(({ lines }) => lines));
  return text
    .split('\n')
    .map((line, index) => (chosen.has(index) ? line.replace('#', '') : line))
    .join('\n');
}
