/* First of all scripts: from here on the page can move. */
document.documentElement.classList.remove("still");
