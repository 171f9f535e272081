const tenantField = '  orgId String @default(dbgenerated("partywall.current_tenant_id()")) @db.Uuid\n'

/** Prisma keeps no model of a many-to-many table, and cannot keep one whose keys have several columns. */
const taskLabel = `
model TaskLabel {
${tenantField}
  labelId String @map("A")
  taskId  String @map("B")

  label Label @relation(fields: [orgId, labelId], references: [orgId, id], onDelete: Cascade)
  task  Task  @relation(fields: [orgId, taskId], references: [orgId, id], onDelete: Cascade)

  @@id([orgId, labelId, taskId])
  @@map("_TaskLabels")
}
`

/**
 * The Prisma schema of the database after its conversion: the tenant's field, and the tenant in every key that the catalog
 * has it in. `facts` are those of the converted database.
 */
export function contractedSchema(schema: string, facts: readonly string[]): string {
  const known = new Set(facts)
  const isForeignKey = (key: string): boolean => facts.some((fact) => fact.startsWith(`${key} on delete`))
  const models = schema.replaceAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm, (block, model: string, body: string) => {
    if (!facts.some((fact) => fact.startsWith(`${model}.orgId `))) return block
    const keys: string[] = []
    const lines = body.split('\n').map((line) => {
      const [, field = '', type = ''] = /^ {2}(\w+) +(\w+)/.exec(line) ?? []
      if (line.includes(' @id') && known.has(`${model} primary key (orgId, ${field})`)) {
        keys.push(`  @@id([orgId, ${field}])`)
        return line.replace(' @id', '')
      }
      if (line.includes(' @unique') && known.has(`${model} unique btree (orgId, ${field})`)) {
        keys.push(`  @@unique([orgId, ${field}])`)
        return line.replace(' @unique', '')
      }
      return line
        .replace(/@@(id|unique)\(\[([\w, ]+)\]/, (key, kind: string, fields: string) => {
          const index = kind === 'id' ? 'primary key' : 'unique btree'
          return known.has(`${model} ${index} (orgId, ${fields})`) ? `@@${kind}([orgId, ${fields}]` : key
        })
        .replace(/fields: \[(\w+)\], references: \[(\w+)\]/, (key, own: string, other: string) =>
          isForeignKey(`${model} (orgId, ${own}) references ${type} (orgId, ${other})`)
            ? `fields: [orgId, ${own}], references: [orgId, ${other}]`
            : key,
        )
        .replace(/\w+\[\] +@relation\("TaskLabels"\)/, 'TaskLabel[]')
    })
    return `model ${model} {\n${tenantField}${lines.join('\n')}${keys.join('\n')}\n}`
  })
  return `${models}${taskLabel}`
}
