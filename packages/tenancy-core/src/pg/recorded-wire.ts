import { EventEmitter } from 'node:events'
import type { DriverConnection, DriverStream } from './driver-session.ts'

/** Stands where the driver has its connection, and writes down the messages. */
export class RecordedWire extends EventEmitter {
  readonly sent: string[] = []
  stream: DriverStream = { writable: true, write: () => true }
  readonly parsedStatements: DriverConnection['parsedStatements'] = {}
  readonly submittedNamedStatements: Record<string, string> = {}

  parse(): void {
    this.sent.push('parse')
  }

  bind(): void {
    this.sent.push('bind')
  }

  describe(): void {
    this.sent.push('describe')
  }

  execute(): void {
    this.sent.push('execute')
  }

  sync(): void {
    this.sent.push('sync')
  }

  close(): void {
    this.sent.push('close')
  }

  query(): void {
    this.sent.push('query')
  }

  /** What PostgreSQL answers: the context's row, then the statement's. */
  answer(tenant: string): void {
    this.answerContext(tenant)
    this.answerStatement('1')
    this.emit('readyForQuery', { status: 'I' })
  }

  answerContext(tenant: string): void {
    this.emit('parseComplete', {})
    this.emit('dataRow', { fields: ['', tenant] })
    this.emit('commandComplete', { text: 'SELECT 1' })
  }

  answerStatement(value: string): void {
    this.emit('parseComplete', {})
    this.emit('rowDescription', { fields: [{ name: 'n', dataTypeID: 25, format: 'text' }] })
    this.emit('dataRow', { fields: [value] })
    this.emit('commandComplete', { text: 'SELECT 1' })
  }
}
