/** Opens a link whose answer is saved and never shown; should it have ended, this page stays where it is. */
export function save(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.click();
}
