import { setCurrentDetails, setHandler, type QueryDefinition } from '@temporalio/workflow';
import { renderDetails, type ShownProgress, type StepTaken } from './render-details.js';

/** Steps that are shown: an archiver that waits for a server for days has taken hundreds. */
const STEPS_SHOWN = 30;

/**
 * Shows how far a run is: in the answer to the query `progress`, and as a page of Markdown in the Temporal UI, made anew
 * with every change. Neither leaves an event in the history.
 *
 * @param initial - the progress as it is at the beginning
 * @returns the progress to keep up to date from then on
 */
export function showProgress<Progress extends ShownProgress>(
  query: QueryDefinition<Progress>,
  initial: Progress,
): Progress {
  const steps: StepTaken[] = [];
  const show = () => {
    const last = steps.at(-1);
    if (last?.step !== initial.step) {
      if (last) last.endedAt = Date.now();
      steps.push({ step: initial.step, begunAt: Date.now(), bytesExpected: 0 });
      if (steps.length > STEPS_SHOWN) steps.shift();
    }
    steps.at(-1)!.bytesExpected = initial.bytesExpected ?? 0;
    setCurrentDetails(renderDetails(initial, steps));
  };
  setHandler(query, () => initial);
  show();
  return observe(initial, show);
}

/** An object that calls `onChange` after every change of it, or of what is in it. */
function observe<T extends object>(target: T, onChange: () => void): T {
  return new Proxy(target, {
    get: (object, key) => {
      const value: unknown = Reflect.get(object, key);
      return typeof value === 'object' && value !== null ? observe(value, onChange) : value;
    },
    set: (object, key, value) => {
      const isSet = Reflect.set(object, key, value);
      onChange();
      return isSet;
    },
    deleteProperty: (object, key) => {
      const isDeleted = Reflect.deleteProperty(object, key);
      onChange();
      return isDeleted;
    },
  });
}
