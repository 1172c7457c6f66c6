/** What is wrong, of a message that is fault and remedy in one sentence: a finding has a remedy of its own. */
export const withoutRemedy = (message: string): string => message.replace(/; [^;]*$|\.$/, '');

/** What is to be done, of a message that is fault and remedy in one sentence; undefined where it names no remedy. */
export const remedyOf = (message: string): string | undefined => /; ([^;]*?)\.?$/.exec(message)?.[1];
