/** What is wrong, of a message that is fault and remedy in one sentence: a finding has a remedy of its own. */
export const withoutRemedy = (message: string): string => message.replace(/; [^;]*$|\.$/, '');
