// Follows the browser's choice of light or dark. Loaded before the style sheet, so that no page flashes.
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => {
  document.documentElement.dataset.bsTheme = dark.matches ? 'dark' : 'light';
};
dark.addEventListener('change', follow);
follow();
