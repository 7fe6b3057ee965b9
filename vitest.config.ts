import { defineConfig } from 'vitest/config'

const shared = {
  // Real processes, sockets and databases on two cores: a hang guard, not an expectation.
  testTimeout: 60_000,
  hookTimeout: 120_000,
  pool: 'forks',
} as const

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'parts',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          // It imports JSON in the way of bundlers.
          server: { deps: { inline: [/@actions\/(workflow-parser|expressions|languageserver)/] } },
        },
      },
      // The whole product under load, one file at a time, so that the load of one is not the trouble of another.
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
