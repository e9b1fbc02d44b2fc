// Package gallery shows every component of package ui in every state on a few
// pages. The pages are what the design is judged by and what the tests of
// accessibility run on; all that stands on them is made up.
package gallery

import (
	"github.com/a-h/templ"

	"funn/internal/platform/ui"
)

// Pages gives the pages of the gallery by name.
func Pages() map[string]templ.Component {
	return map[string]templ.Component{
		"liste":   list(),
		"sak":     record(),
		"skjema":  form(),
		"tavle":   board(),
		"trad":    thread(),
		"portal":  portal(),
		"feil":    ui.ErrorPage(ui.ErrorProps{Shell: shell(""), Status: 404, Title: "Vi finner ikke siden", Text: "Siden finnes ikke, eller du har ikke tilgang til den.\n\nSjekk adressen, eller søk etter det du leter etter.", Reference: "7F3K-22"}),
		"deler":   parts(),
		"figurer": figures(),
	}
}

func shell(active string) ui.Shell {
	s := ui.Shell{
		Nav: []ui.NavItem{
			{Label: "Mine oppgaver", Href: "/oppgaver", Count: 7}, {Label: "Behov", Href: "/behov"}, {Label: "Portefølje", Href: "/portefolje"},
			{Label: "Utlysninger", Href: "/utlysning"}, {Label: "Forsøk", Href: "/forsok"}, {Label: "Kunnskap i bruk", Href: "/bruk"},
			{Label: "Rapporter", Href: "/arsrapport"}, {Label: "Plan", Href: "/plan"},
		},
		User: ui.User{Name: "Saksbehandler i FoU-seksjonen", Role: "Kunnskapsavdelingen"}, Path: "/" + active,
		DemoDate: "2. januar 2023", DemoHref: "/demo/klokke",
	}
	for i := range s.Nav {
		s.Nav[i].Active = s.Nav[i].Href == "/"+active
	}
	return s
}

func withFlash() ui.Shell {
	s := shell("deler")
	s.Flash = ui.Flash{Text: "Søknaden er sendt. Referanse FOU-2027-014."}
	return s
}

// drawing stands in for what package chart draws.
const drawing = `<svg role="img" aria-labelledby="d-t d-d" viewBox="0 0 600 80"><title id="d-t">Framdrift</title><desc id="d-d">To stolper.</desc><rect x="0" y="10" width="400" height="20" fill="currentColor"/><rect x="0" y="45" width="150" height="20" fill="currentColor"/></svg>`
