import { defineConfig } from 'prisma/config'

// No URL: the client gets its connection from a driver adapter, and generating it needs no database.
export default defineConfig({
  schema: 'prisma/schema.prisma',
})
