package app

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"funn/internal/api"
	"funn/internal/platform/module"
)

// publicModules are the parts that the public meets.
func (h *house) publicModules() []module.Module {
	return nil
}

// api makes the JSON API of all modules.
func (h *house) api() http.Handler {
	d := api.Deps{Projects: h.projects, Publications: h.publications, Organisations: h.people.OrganisationNames, Log: h.settings.Log}
	for _, m := range h.modules {
		if m.API != nil {
			d.More = append(d.More, func(a huma.API) { m.API(a) })
		}
	}
	return api.Handler(d)
}
