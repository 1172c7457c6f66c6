#!/usr/bin/env -S node --optimize-for-size --max-semi-space-size=2
// The flags above are for the worker, which runs for months: its own heap stays small, and its work is done by other
// programs and the native core. They must be there when Node starts.
import type { GlobalOptions } from './context.js';
import { program } from './program.js';
import { reportError } from './report-error.js';

// Whoever reads the output may stop early (`| head`); what the command does is done all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  const { json = false, verbose = false } = program.opts<GlobalOptions>();
  process.exitCode = reportError(error, { json, verbose });
}
