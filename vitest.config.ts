import { defineConfig } from 'vitest/config';

const withServers = ['test/integration/**/*.test.ts', 'test/faults/**/*.test.ts', 'test/tools/**/*.test.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: withServers,
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: withServers,
          globalSetup: 'tools/ensure-build.ts',
          // Two files at a time: each has servers of its own, and mostly waits for them. Where nobody waits for the
          // answer they run one by one, undisturbed by each other's load.
          maxWorkers: process.env.CI === undefined ? 2 : 1,
          // Concurrent tests of one file mostly wait, for timeouts and retries.
          maxConcurrency: 8,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
