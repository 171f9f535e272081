// A Prisma generator: writes what Prisma read in schema.prisma (its "DMMF") as JSON, which the schema comparison
// needs. The client that Prisma generates keeps only the names and types of the fields.
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const manifest = { prettyName: 'data model', defaultOutput: '../generated/data-model.json' }

// Prisma speaks JSON-RPC to generators: one request a line on stdin, one answer a line on stderr.
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  if (method === 'generate') {
    writeFileSync(params.generator.output.value, JSON.stringify(params.dmmf.datamodel, null, 2))
  }
  const result = method === 'getManifest' ? { manifest } : null
  process.stderr.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`)
}
