import { formatBytes } from './output.js';
import type { ProgressDisplay, SubjectProgress } from './progress.js';

/** The same step is shown again at most this often, in milliseconds. */
const REPEAT_INTERVAL = 5000;

function describeSubject({ state, step, bytesDone, bytesExpected, trouble }: SubjectProgress): string {
  if (state !== 'running') return state;
  const bytes = bytesExpected > 0 ? ` ${formatBytes(bytesDone)}/${formatBytes(bytesExpected)}` : '';
  return `${step}${bytes}${trouble === undefined ? '' : ` (${trouble})`}`;
}

/**
 * Shows progress as plain lines, for logs and pipes: one when something changes.
 *
 * @param write - gets one line without its line break
 */
export function showAsLines(write: (line: string) => void): ProgressDisplay {
  const shown = new Map<string, { step: string; text: string; at: number }>();
  let shownStep = '';
  return {
    show: ({ step, subjects }) => {
      for (const subject of subjects) {
        const text = describeSubject(subject);
        const last = shown.get(subject.name);
        if (text === last?.text || subject.state === 'waiting') continue;
        if (subject.step === last?.step && Date.now() - last.at < REPEAT_INTERVAL) continue;
        shown.set(subject.name, { step: subject.step, text, at: Date.now() });
        write(`${subject.name}  ${text}`);
      }
      if (step !== shownStep && step !== 'backups' && step !== 'done') write(step);
      shownStep = step;
    },
    say: write,
    close: () => undefined,
  };
}
