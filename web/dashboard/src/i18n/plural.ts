/** Spanish, Portuguese and Italian have one more plural form than English, for millions. */
export type Plural<K> = K extends `${infer Stem}_other` ? `${Stem}_many` : never;
