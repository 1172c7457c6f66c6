import { findProgram } from './find-program.js';
import { installSystemPackages } from './install-system-packages.js';

/** Chromium, for tests in a real browser: `CHROMIUM`, else PATH, else the system's package. Returns its path. */
export async function installChromium(): Promise<string> {
  const find = () => process.env.CHROMIUM ?? findProgram('chromium');
  if (!find()) await installSystemPackages(['chromium']);
  return find()!;
}
