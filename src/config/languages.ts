// The languages of mails and of the link page.
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];
