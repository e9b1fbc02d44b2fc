package ui

import (
	"context"
	"strings"

	"funn/internal/platform/lang"
)

// Shell is what surrounds every page: the menu, the user, the message after a
// redirect. The web layer fills it once for each request.
type Shell struct {
	Nav  []NavItem // the modules that exist and that the user may see
	User User      // empty when nobody is logged in

	// Path is the page's own address with its query, for the language links.
	Path string
	// LanguageHref gives the link that shows the same page in another
	// language; nil gives Path with ?malform=.
	LanguageHref func(lang.Tag) string
	LogoutAction string // where the log-out button posts; "/logg-ut" when empty
	LoginHref    string // shown when nobody is logged in; nothing when empty
	SearchAction string // "/sok" when empty
	Query        string // what stands in the search field

	Flash Flash // the message after a redirect

	Date string // the day that the page was made, in words, for the foot of a print

	DemoDate string // the day that the demo's clock shows, in words; empty outside the demo
	DemoHref string // where the demo's clock is moved forward

	// Footer adds links to the three that every page has.
	Footer []Crumb
	// AccessibilityHref, FeedbackHref and PrivacyHref are where the three links
	// of the footer lead; the paths of ui.md when empty.
	AccessibilityHref, FeedbackHref, PrivacyHref string
}

// NavItem is one entry of the menu.
type NavItem struct {
	Label  string
	Href   string
	Active bool // the page lies in this part
	Count  int  // what waits there; 0 shows nothing
	More   bool // seldom gone to: lies behind «More», so that the menu is one line
}

// inOneLine is how many items a menu has room for in one line.
const inOneLine = 9

// split gives the items that stand in the menu itself, and those behind «More»: none
// where there is room for all.
func split(items []NavItem) (first, more []NavItem) {
	for _, i := range items {
		if i.More {
			more = append(more, i)
		} else {
			first = append(first, i)
		}
	}
	if len(items) <= inOneLine {
		return items, nil
	}
	return first, more
}

// User is who is logged in.
type User struct {
	Name string
	Role string // the role in words, or the unit
	Href string // the user's own page; nothing when empty
}

// Flash is the message that a page shows once, after what was done.
type Flash struct {
	Tone Tone // Success when empty
	Text string
}

// Crumb is one step of the way to a page. The last has no Href.
type Crumb struct{ Label, Href string }

// PageProps describes one page.
type PageProps struct {
	Shell Shell
	Title string // what the page is; the same words as its h1
	// Section is the part of the site between the page and the site's name in
	// the title of the window; may be empty.
	Section    string
	Errors     int // how many errors the page reports, for the title of the window
	Breadcrumb []Crumb
	// Description is the summary that search engines show; public pages only.
	Description string
	// Narrow keeps the content to the width of a text to be read.
	Narrow bool
}

// windowTitle is "page – section – Nav FoU", with the number of errors first,
// because a screen reader reads the title before anything else.
func (p PageProps) windowTitle(ctx context.Context, site string) string {
	parts := []string{p.Title}
	if p.Section != "" && p.Section != p.Title {
		parts = append(parts, p.Section)
	}
	title := strings.Join(append(parts, site), " – ")
	if p.Errors > 0 {
		title = t(ctx, "ui.title_errors", "n", p.Errors) + " " + title
	}
	return title
}

func (s Shell) languageHref(l lang.Tag) string {
	if s.LanguageHref != nil {
		return s.LanguageHref(l)
	}
	sep := "?"
	if strings.Contains(s.Path, "?") {
		sep = "&"
	}
	return s.Path + sep + "malform=" + string(l)
}

func (f Flash) tone() Tone {
	if f.Tone == "" {
		return Success
	}
	return f.Tone
}

// ErrorProps describes the page that tells that something is refused or failed.
type ErrorProps struct {
	Shell     Shell
	Status    int     // the HTTP status, shown small
	Title     string  // what happened, such as "Vi finner ikke siden"
	Text      string  // what it means and what the user can do
	Reference string  // what to quote when reporting it; nothing when empty
	HomeHref  string  // "/" when empty
	Written   []Field // what was written and would be lost, to copy
}
