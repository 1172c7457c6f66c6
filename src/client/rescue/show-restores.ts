import { say } from '../output.js';
import type { SubjectProgress } from '../progress.js';
import { showAsBars } from '../progress-bars.js';
import { showAsLines } from '../progress-lines.js';

/** How often progress is shown, in milliseconds. */
const INTERVAL = 500;

/** Shows how far the restores of this process are, each by its database's name. */
export interface RestoresDisplay {
  begin: (name: string, step: string, bytesExpected: number) => void;
  advance: (name: string, bytesDone: number) => void;
  end: (name: string, state: 'restored' | 'failed') => void;
  say: (line: string) => void;
  close: () => void;
}

/** Opens the display, on standard error: bars on a terminal, else lines. */
export function showRestores(): RestoresDisplay {
  const display = process.stderr.isTTY ? showAsBars(process.stderr) : showAsLines(say);
  const subjects = new Map<string, SubjectProgress>();
  const show = () => display.show({ step: '', subjects: [...subjects.values()] });
  const timer = setInterval(show, INTERVAL);
  return {
    begin: (name, step, bytesExpected) => {
      subjects.set(name, { name, state: 'running', step, bytesDone: 0, bytesExpected });
      show();
    },
    advance: (name, bytesDone) => {
      const subject = subjects.get(name);
      if (subject) subject.bytesDone = bytesDone;
    },
    end: (name, state) => {
      subjects.set(name, { name, state, step: '', bytesDone: 0, bytesExpected: 0 });
      show();
    },
    say: display.say,
    close: () => {
      clearInterval(timer);
      display.close();
    },
  };
}
