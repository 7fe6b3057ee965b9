import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draftContent, fieldErrors, newRule, slugOf } from '../../src/rule.ts'
import { markdown, prose } from '../../src/views/text.ts'

test('an address is made from the name, in any script, and never looks like an id', () => {
  assert.equal(slugOf('Maple Street Garden!'), 'maple-street-garden')
  assert.equal(slugOf('Café Ørsted'), 'cafe-ørsted')
  assert.equal(slugOf('町内会'), '町内会')
  assert.equal(slugOf('!!!'), 'rule')
  assert.equal(slugOf('c2be924d-3806-4d31-b2a7-d7b9f583dea7'), 'rule-c2be924d')
  assert.ok(slugOf('long '.repeat(40)).length <= 60)
})

test('a rule needs a name and one answer; everything wrong is told at once', () => {
  const read = newRule.safeParse({ title: ' a ', summary: 'x'.repeat(300), sections: { values: '  ' } })
  assert.ok(!read.success)
  assert.deepEqual(Object.keys(fieldErrors(read.error)).sort(), ['sections', 'summary', 'title'])
})

test('a draft may be half-written, but not have fields that nobody knows', () => {
  assert.equal(draftContent.parse({ sections: { values: 'a\r\nb\u0000' } }).sections.values, 'a\nb')
  assert.ok(!draftContent.safeParse({ sections: { secret: 'x' } }).success)
})

test('text becomes paragraphs and lists, and markup in it stays text', () => {
  const shown = String(prose('First <b>line</b>\nsecond\n\n- one\n- two\nafter'))
  assert.equal(shown, '<p>First &lt;b&gt;line&lt;/b&gt;<br>second</p><ul><li>one</li><li>two</li></ul><p>after</p>')
})

test('as a text file a rule has its name and the questions that were answered', () => {
  const content = draftContent.parse({ title: 'Garden', sections: { values: 'Compost.', change: 'By vote.' } })
  const text = markdown({ ...content, id: '', slug: 'garden', template: null, photo: null, publishedAt: new Date(0) })
  assert.equal(text, '# Garden\n\n## Values\n\nCompost.\n\n## Changing this rule\n\nBy vote.\n')
})
