/** For `npx drizzle-kit@0.31.11 generate`, which writes the next migration. It needs no database and no variables. */
export default { dialect: 'postgresql', schema: './src/schema.ts', out: './drizzle' }
