import { defineConfig } from 'tsup'
import { entries } from '../../scripts/package-entries.ts'

export default defineConfig({
  entry: entries(import.meta.dirname),
  format: ['esm'],
  dts: false,
  sourcemap: true,
  target: 'node22',
  removeNodeProtocol: false,
  clean: true,
})
