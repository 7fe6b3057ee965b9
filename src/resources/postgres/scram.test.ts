import { expect, test } from 'vitest'
import { isVerifierOf, scramVerifier } from './scram.ts'

test('the verifier is the one that PostgreSQL itself makes', () => {
  // Password and salt of RFC 7677's example, in the form that pg_authid.rolpassword has.
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  expect(scramVerifier('pencil', salt)).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  )
})

test('a verifier fits its password alone, and salts differ', () => {
  const verifier = scramVerifier('one')
  expect([isVerifierOf(verifier, 'one'), isVerifierOf(verifier, 'two'), isVerifierOf('', 'one')]).toEqual([true, false, false])
  expect(scramVerifier('one')).not.toBe(verifier)
})
