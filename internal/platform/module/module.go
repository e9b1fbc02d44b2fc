// Package module is how a part of the domain is put into the house: one explicit
// value with its kinds, tables, texts, pages, jobs and API. There is no hidden
// registration; internal/app lists the modules.
package module

import (
	"io/fs"

	"github.com/danielgtaylor/huma/v2"

	"funn/internal/platform/jobs"
	"funn/internal/platform/record"
	"funn/internal/platform/web"
)

// Module is one part of the domain.
type Module struct {
	Name       string
	Kinds      []record.AnyKind
	Migrations fs.FS // may be nil
	Messages   fs.FS // messages/{nb,nn,en}.json; may be nil
	// Subscribe connects the module to what happens in earlier ones.
	Subscribe func(e *record.Engine)
	// Routes adds the module's pages.
	Routes func(r *web.Router)
	// API adds the module's operations to the JSON API.
	API func(api huma.API)
	// Nav gives the module's entry in the staff menu, if it has one.
	Nav []web.NavEntry
	// Jobs are the handlers of the module's jobs, by kind.
	Jobs map[string]jobs.Handler
}
