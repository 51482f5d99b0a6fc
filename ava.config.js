export default {
  extensions: { ts: 'module' },
  workerThreads: false,
  timeout: '2m',
};
