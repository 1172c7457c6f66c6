import type { DrillVerdict } from '../model/drill.js';
import type { BackupOutcome } from '../model/results.js';

/** How far one database, or the globals, is. */
export interface SubjectProgress {
  /** The database's name, or `globals`. */
  name: string;
  state: 'waiting' | 'running' | 'restored' | BackupOutcome['outcome'] | DrillVerdict;
  /** While running. */
  step: string;
  /** Of the current step. */
  bytesDone: number;
  /** Of the current step; 0 when not known. */
  bytesExpected: number;
  /** Why the step is being tried again, if it is. */
  trouble?: string;
}

/** How far a run is. */
export interface RunProgress {
  step: string;
  subjects: SubjectProgress[];
}

/** Shows a run's progress to a person. */
export interface ProgressDisplay {
  show: (progress: RunProgress) => void;
  /** Says something beside the progress. */
  say: (line: string) => void;
  close: () => void;
}
