/** Where somebody is made to wait, so that a test can act in the middle of what they do. */
export interface Gate {
  /** Resolves when the first one has come. */
  held: Promise<void>;
  /** Called by those who come: the first one is to wait for what this answers with, the others may pass. */
  enter: () => Promise<void> | undefined;
  /** Lets the first one go on. */
  open: () => void;
}

/** Makes a gate that holds the first one who comes. */
export function makeGate(): Gate {
  let announce: () => void;
  let open: () => void;
  let isUsed = false;
  const held = new Promise<void>((resolve) => (announce = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  return {
    held,
    enter() {
      if (isUsed) return undefined;
      isUsed = true;
      announce();
      return opened;
    },
    open: () => open(),
  };
}
