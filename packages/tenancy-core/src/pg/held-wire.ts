import type { DriverConnection } from './driver-session.ts'

interface BindMessage {
  readonly values?: readonly unknown[] | null
  readonly valueMapper?: (value: unknown, index: number) => unknown
}

/**
 * Stands for a connection while a query of the driver writes its messages, and keeps them back. A value that cannot be
 * serialized is found before anything is sent, and the Sync after each query is left out.
 */
export class HeldWire {
  readonly stream: object = {}
  readonly parsedStatements: DriverConnection['parsedStatements']
  readonly submittedNamedStatements: DriverConnection['submittedNamedStatements']
  readonly #connection: DriverConnection
  readonly #messages: (() => void)[] = []

  constructor(connection: DriverConnection) {
    this.#connection = connection
    this.parsedStatements = connection.parsedStatements
    this.submittedNamedStatements = connection.submittedNamedStatements
  }

  parse(message: never): void {
    this.#messages.push(() => this.#connection.parse(message))
  }

  bind(message: BindMessage): void {
    const { valueMapper, values } = message
    const mapped = valueMapper === undefined ? values : values?.map((value, index) => valueMapper(value, index))
    const ready = { ...message, values: mapped, valueMapper: undefined } as never
    this.#messages.push(() => this.#connection.bind(ready))
  }

  describe(message: never): void {
    this.#messages.push(() => this.#connection.describe(message))
  }

  execute(message: never): void {
    this.#messages.push(() => this.#connection.execute(message))
  }

  close(message: never): void {
    this.#messages.push(() => this.#connection.close(message))
  }

  sync(): void {}

  send(): void {
    for (const send of this.#messages) send()
  }
}
