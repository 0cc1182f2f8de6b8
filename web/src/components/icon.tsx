// The few pictures of the pages, drawn with lines in the colour of the text. The text beside them says the same.

const paths = {
  check: 'M4.5 12.5l5 5 10-11',
  alert: 'M12 7v6m0 3.6v.4M12 2.8a9.2 9.2 0 1 1 0 18.4 9.2 9.2 0 0 1 0-18.4',
  info: 'M12 11v6m0-9.6v.4M12 2.8a9.2 9.2 0 1 1 0 18.4 9.2 9.2 0 0 1 0-18.4',
  mail: 'M3 6.5h18v12H3zM3.4 7l8.6 6.5L20.6 7',
  lock: 'M6 11h12v9.5H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11',
  key: 'M14.5 9.5a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0zM13.3 12.7 21 20.4M17.5 16.9l2.2-2.2',
  link: 'M9.5 14.5l5-5M11 6.5l1.4-1.4a4 4 0 0 1 5.7 5.7l-1.6 1.5M7.5 11.7 6 13.2a4 4 0 0 0 5.7 5.7l1.3-1.4',
  device: 'M4 5h16v11H4zM2.5 19.5h19M10 19.5V16m4 3.500V16',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
