/**
 * `node:http` without `import`, which would read every export of it, and so run the getters that load a whole `fetch`:
 * 7 MB of each process and 20 ms of each start, measured with Node 24.
 */
export const http = process.getBuiltinModule('node:http')
