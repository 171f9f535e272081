import { describe, expect, it } from 'vitest'
import { parseNodeTree } from './node-tree.ts'

describe('parseNodeTree', () => {
  it('reads nodes, lists, words and bytes', () => {
    const tree = parseNodeTree(
      '{OPEXPR :opno 2972 :args ({VAR :varno 1 :varattno 4} {CONST :constisnull false :constvalue 1 [ 1 0 ]}) :location 3}',
    )
    expect(tree.tag).toBe('OPEXPR')
    expect(tree.fields['opno']).toEqual(['2972'])
    expect(tree.fields['args']).toEqual([
      [
        { tag: 'VAR', fields: { varno: ['1'], varattno: ['4'] } },
        { tag: 'CONST', fields: { constisnull: ['false'], constvalue: ['1', '[', '1', '0', ']'] } },
      ],
    ])
  })

  it('is not led astray by names that hold brackets, spaces and colons', () => {
    const tree = parseNodeTree('{ALIAS :aliasname \\{a\\ \\:b\\)\\} :colnames ("x\\ y" "\\\\") :next :odd :last <>}')
    expect(tree.fields).toEqual({
      aliasname: ['{a :b)}'],
      colnames: [['"x y"', '"\\"']],
      next: [':odd'],
      last: ['<>'],
    })
  })
})
