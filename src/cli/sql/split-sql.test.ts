import { expect, test } from 'vitest'
import { isEmpty, splitSql } from './split-sql.ts'

test('statements end at a semicolon, and what has no end yet is left', () => {
  expect(splitSql('select 1; select\n2 ;\nselect 3')).toEqual({ statements: ['select 1', 'select\n2'], rest: '\nselect 3' })
  expect(splitSql(';;  ; -- nothing\n;')).toEqual({ statements: [], rest: '' })
})

test.each([
  `select ';'`,
  `select 'it''s; here'`,
  `select E'a\\'; b'`,
  `select "a;b"`,
  `select 1 -- not; here\n + 1`,
  `select /* a; /* b; */ c; */ 1`,
  `do $$ begin perform 1; end $$`,
  `do $body$ begin perform '$$;'; end $body$`,
])('a semicolon inside quotes and comments ends nothing: %s', (sql) => {
  expect(splitSql(`${sql};`)).toEqual({ statements: [sql], rest: '' })
})

test.each([`select 'open;`, `do $$ begin;`, `select /* open;`, `select "open;`])('what is open goes on: %s', (sql) => {
  expect(splitSql(sql)).toEqual({ statements: [], rest: sql })
})

test('comments alone are nothing', () => {
  expect([isEmpty(' -- x\n/* y */ '), isEmpty('select 1 -- x')]).toEqual([true, false])
})
