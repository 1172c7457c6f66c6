import tseslint from 'typescript-eslint';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';

/** Who may import whom: everything not listed for a room is refused. `workflows` get activities as types only. */
const mayImport = {
  model: [],
  observability: ['model'],
  files: [],
  programs: ['model', 'observability', 'files'],
  staging: ['model', 'observability', 'files', 'programs'],
  postgres: ['model', 'observability', 'files', 'programs'],
  archive: ['model', 'observability', 'programs'],
  stores: ['model', 'observability', 'files'],
  config: ['model', 'observability'],
  catalogue: ['model', 'observability', 'stores', 'config'],
  approvals: ['model'],
  wal: [
    'model',
    'observability',
    'files',
    'programs',
    'staging',
    'postgres',
    'archive',
    'stores',
    'catalogue',
  ],
  restores: ['model', 'observability', 'files', 'programs', 'postgres', 'archive', 'stores', 'catalogue'],
  base: ['model', 'observability', 'programs', 'postgres', 'archive', 'stores', 'catalogue'],
  drills: ['model', 'observability', 'programs', 'postgres', 'archive', 'stores', 'catalogue', 'restores'],
  recovery: [
    'model',
    'observability',
    'files',
    'programs',
    'postgres',
    'archive',
    'stores',
    'catalogue',
    'restores',
    'wal',
  ],
  verification: ['model', 'observability', 'archive', 'stores', 'config', 'catalogue', 'postgres', 'wal'],
  metrics: [
    'model',
    'observability',
    'programs',
    'archive',
    'postgres',
    'stores',
    'config',
    'catalogue',
    'wal',
    'verification',
  ],
  activities: [
    'model',
    'approvals',
    'observability',
    'programs',
    'staging',
    'postgres',
    'archive',
    'stores',
    'config',
    'catalogue',
    'restores',
    'drills',
    'base',
    'wal',
    'recovery',
    'verification',
  ],
  workflows: ['model', 'activities'],
  client: [
    'model',
    'observability',
    'files',
    'programs',
    'stores',
    'config',
    'catalogue',
    'workflows',
    'postgres',
    'archive',
    'restores',
    'wal',
    'recovery',
    'verification',
    'worker.ts',
  ],
};

const zones = Object.entries(mayImport).map(([room, allowed]) => ({
  target: `./src/${room}`,
  from: './src',
  except: [room, ...allowed].map((name) => `./${name}`),
  message: `${room} may import only: ${allowed.join(', ') || 'nothing of ours'}`,
}));

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'node_modules', 'schemas'] },
  ...tseslint.configs.recommendedTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', 'tools/bootstrap.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })],
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'import-x/no-restricted-paths': ['error', { zones }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'The environment is read in src/config only.' },
      ],
    },
  },
  {
    files: ['src/config/**', 'tools/**', 'test/**', 'bench/**', 'vitest.config.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['src/workflows/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['../activities/*'],
              allowTypeImports: true,
              message: 'Workflows know activities as types only.',
            },
            { group: ['node:*'], message: 'Workflows do no I/O.' },
          ],
        },
      ],
    },
  },
  { files: ['**/*.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
);
