export { exportApp } from '../src/ops/export.ts'
