import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

/**
 * What a person does on All You Can Get, in a real browser: signs up, asks for a video, watches the gallery until it is there
 * without loading the page again, logs out, is refused with a wrong password, and finds the video after logging in.
 */
export async function journey(baseUrl: string, page: Page): Promise<{ email: string; password: string; prompt: string }> {
  const mark = Date.now().toString(36)
  const email = `ann-${mark}@example.org`
  const password = `a long password ${mark}`
  const prompt = `Snow <b>falls</b> on a town at night ${mark}`
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))

  await page.goto(baseUrl)
  await page.getByRole('link', { name: 'Make your first video' }).click()
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.getByText('Nothing here yet.').waitFor()

  await page.getByLabel('What would you like to see?').fill(prompt)
  await page.getByRole('button', { name: 'Make video' }).click()
  await page.getByText(prompt).waitFor()
  await page.evaluate('window.isSameDocument = true')
  const video = page.getByRole('img', { name: prompt })
  await video.waitFor({ timeout: 90_000 })
  await page.waitForFunction('[...document.images].every((image) => image.complete && image.naturalWidth > 0)')
  assert.equal(await page.evaluate('window.isSameDocument'), true, 'the video came without a reload')

  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByRole('link', { name: 'Log in' }).click()
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill('another password')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('alert').getByText('do not match').waitFor()
  assert.equal(await page.getByLabel('E-mail address').inputValue(), email, 'the address need not be typed again')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await video.waitFor()
  assert.deepEqual(faults, [], 'no script failed')
  return { email, password, prompt }
}
