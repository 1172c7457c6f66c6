import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { formatBytes } from './output.js';
import type { ProgressDisplay, SubjectProgress } from './progress.js';

const NAME_WIDTH = 24;

function payloadOf({ name, step, bytesDone, bytesExpected, trouble }: SubjectProgress) {
  return {
    name: name.padEnd(NAME_WIDTH).slice(-NAME_WIDTH),
    step: step.padEnd(9),
    bytes: bytesExpected > 0 ? `${formatBytes(bytesDone)}/${formatBytes(bytesExpected)}` : '',
    trouble: trouble === undefined ? '' : ` (${trouble})`,
  };
}

/** Shows progress as one bar per database in flight, with the finished ones above; for terminals. */
export function showAsBars(stream: NodeJS.WriteStream): ProgressDisplay {
  const multi = new MultiBar(
    {
      stream,
      format: '{name} {step} {bar} {bytes}{trouble}',
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
    },
    Presets.shades_classic,
  );
  const bars = new Map<string, SingleBar>();
  const finished = new Set<string>();

  const showRunning = (subject: SubjectProgress) => {
    const total = Math.max(1, subject.bytesExpected);
    const payload = payloadOf(subject);
    const bar = bars.get(subject.name) ?? multi.create(total, 0, payload);
    bars.set(subject.name, bar);
    bar.setTotal(total);
    bar.update(Math.min(subject.bytesDone, total), payload);
  };
  const showFinished = ({ name, state }: SubjectProgress) => {
    const bar = bars.get(name);
    if (bar) multi.remove(bar);
    bars.delete(name);
    if (finished.has(name)) return;
    finished.add(name);
    multi.log(`${name.padEnd(NAME_WIDTH)} ${state}\n`);
  };
  return {
    show: ({ subjects }) => {
      for (const subject of subjects)
        if (subject.state === 'running') showRunning(subject);
        else if (subject.state !== 'waiting') showFinished(subject);
      multi.update();
    },
    say: (line) => {
      multi.log(`${line}\n`);
      multi.update();
    },
    close: () => multi.stop(),
  };
}
