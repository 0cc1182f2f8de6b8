// The languages of account pages and mails.
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];
