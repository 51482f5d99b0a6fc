export default {
  // Without this ava looks for tests in all of build/, too, where whole systems lie.
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  workerThreads: false,
  timeout: '2m',
};
