package facts

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// UnitKind is a unit's place in the agency.
type UnitKind string

// The kinds the sources speak of.
const (
	Directorate  UnitKind = "directorate"
	Department   UnitKind = "department"
	Section      UnitKind = "section"
	Committee    UnitKind = "committee"
	Network      UnitKind = "network"
	ProductArea  UnitKind = "product_area"
	CountyOffice UnitKind = "county_office"
	LocalOffice  UnitKind = "local_office"
)

// Unit is a part of the agency.
type Unit struct {
	Key     string
	Name    string
	Aliases []string
	Kind    UnitKind
	Parent  string // key of the unit it is part of, empty for the directorate and where the sources do not say
	// Example marks a stand-in: the sources name no product area, subject
	// department or single office, and the office list cannot be tied to counties.
	Example bool
	Task    Text // what the plan gives it to do, in our words
	Source  Source
}

// Units are the units that the plan's table of roles and the annual report
// name, and the stand-ins that the demonstration's persons sit in.
var Units = []Unit{
	{
		Key: "direktoratet", Name: "Arbeids- og velferdsdirektoratet", Aliases: []string{"AVdir", "direktoratet"}, Kind: Directorate,
		Task: nb("Leder etaten og gir råd til departementet på fagområdene sine."), Source: plan("§2.3"),
	},
	{
		Key: "kun", Name: "Kunnskapsavdelingen", Aliases: []string{"KUN"}, Kind: Department, Parent: "direktoratet",
		Task: nn("Lagar analysar, skaffar forsking og gjer kunnskapen tilgjengeleg saman med fageigarane."), Source: plan("§8.1"),
	},
	{
		Key: "fou", Name: "FoU-seksjonen", Aliases: []string{"FoU-seksjon"}, Kind: Section, Parent: "kun",
		Task: nb("Samordner hele FoU-porteføljen, driver anskaffelser og utlysninger og utvikler FoU-planen."), Source: plan("§8.1, tabell 1"),
	},
	{
		Key: "analyse", Name: "Analyseseksjonen", Aliases: []string{"Analyseseksjon"}, Kind: Section, Parent: "kun",
		Task: nn("Lagar interne analysar og hjelper til med å gjere kunnskapsbehov klare nok til å undersøkjast."), Source: plan("§8.2, tabell 1"),
	},
	{
		Key: "juridisk", Name: "Juridisk seksjon", Kind: Section, Parent: "kun",
		Task: nb("Behandler søknader om dispensasjon fra taushetsplikten og svarer på andre rettslige spørsmål i prosjektene."), Source: plan("§8.2, tabell 1"),
	},
	{
		Key: "statistikk", Name: "Statistikkseksjonen", Aliases: []string{"NAV Statistikk"}, Kind: Section, Parent: "kun",
		Task: nn("Leverer ut registerdata til prosjekt som har lov til å få dei."), Source: plan("§8.2, tabell 1"),
	},
	{
		Key: "styringsinformasjon", Name: "Seksjon for styringsinformasjon", Kind: Section, Parent: "kun",
		Task: nb("Leverer ut data sammen med Statistikkseksjonen."), Source: plan("§8.2, tabell 1"),
	},
	{
		Key: "bibliotek", Name: "Arbeids- og velferdsbiblioteket", Aliases: []string{"Biblioteket"}, Kind: Section, Parent: "direktoratet",
		Task: nn("Skaffar faglitteratur til dei tilsette, hjelper med litteratursøk og tek vare på eigne rapportar."), Source: plan("§6"),
	},
	{
		Key: "osa", Name: "Økonomi- og styringsavdelingen", Aliases: []string{"ØSA"}, Kind: Department, Parent: "direktoratet",
		Task: nb("Avdelingen som innkjøpskontoret hører til."), Source: plan("§8.2, tabell 1"),
	},
	{
		Key: "driftsanskaffelser", Name: "Kontor for driftsanskaffelser", Kind: Section, Parent: "osa",
		Task: nb("Må ha kapasitet før et FoU-oppdrag kan kunngjøres og tildeles."), Source: plan("§8.2, tabell 1"),
	},
	{
		Key: "kom", Name: "Kommunikasjonsavdelingen", Aliases: []string{"KOM"}, Kind: Department, Parent: "direktoratet",
		Task: nn("Er med når funn skal formidlast."), Source: plan("§8.2, tabell 1"),
	},
	{
		Key: "atl", Name: "Arbeids- og tjenestelinjen", Kind: Department,
		Task: nb("Skal bygge opp prosessen som fører lokale forsøk fram til faglige anbefalinger."), Source: plan("§7.1"),
	},
	{
		Key: "fou-utvalget", Name: "FoU-utvalget", Kind: Committee, Parent: "direktoratet",
		Task: nn("Rådgjevande organ som forankrar FoU hos fageigarane, og som avgjer kva prosjekt som får pengar."), Source: plan("§8.1"),
	},
	{
		Key: "fou-nettverket", Name: "FoU-nettverket", Aliases: []string{"FoU-nettverk i NAV"}, Kind: Network,
		Task: nb("Samler fylkene og resultatområdene om kunnskapsbehov og funn. Opprettet høsten 2022."), Source: report("§5a.2"),
	},

	{
		Key: "fagavdeling", Name: "Fagavdeling (ikke navngitt i kilden)", Kind: Department, Parent: "direktoratet", Example: true,
		Task: nb("En fageier: melder kunnskapsbehov og avgjør om og hvordan funn skal brukes."), Source: plan("§8.1"),
	},
	{
		Key: "produktomrade", Name: "Produktområde (ikke navngitt i kilden)", Kind: ProductArea, Parent: "direktoratet", Example: true,
		Task: nn("Utviklar digitale tenester i team og kan melde behov på vegner av fageigaren."), Source: plan("§7.2, §8.1"),
	},
	{
		Key: "eksempel-fylke", Name: "Fylkeskontor (eksempel)", Kind: CountyOffice, Parent: "atl", Example: true,
		Task: nb("Gir råd i lokalt utviklingsarbeid og sprer det som kommer ut av det."), Source: plan("§8.1"),
	},
	{Key: "eksempel-kontor-a", Name: "Nav-kontor A (eksempel)", Kind: LocalOffice, Parent: "eksempel-fylke", Example: true, Task: officeTask, Source: plan("§8.1")},
	{Key: "eksempel-kontor-b", Name: "Nav-kontor B (eksempel)", Kind: LocalOffice, Parent: "eksempel-fylke", Example: true, Task: officeTask, Source: plan("§8.1")},
	{Key: "eksempel-kontor-c", Name: "Nav-kontor C (eksempel)", Kind: LocalOffice, Parent: "eksempel-fylke", Example: true, Task: officeTask, Source: plan("§8.1")},
	{Key: "eksempel-kontor-d", Name: "Nav-kontor D (eksempel)", Kind: LocalOffice, Parent: "eksempel-fylke", Example: true, Task: officeTask, Source: plan("§8.1")},
}

var officeTask = nn("Prøver ut nye måtar å arbeide på og er staden der forskarane hentar inn data.")

// County is one of Norway's counties in the years it was valid. Nav's own
// regions follow other borders; the sources do not list them.
type County struct {
	Number    string    // two digits
	Name      string    // as of its validity
	ValidFrom time.Time // day, UTC
	ValidTo   time.Time // last day, UTC; zero for those still valid
	Source    Source
}

// ValidOn reports whether the county existed on the day.
func (c County) ValidOn(day time.Time) bool {
	return !day.Before(c.ValidFrom) && (c.ValidTo.IsZero() || !day.After(c.ValidTo))
}

// Office is a local Nav office as a public list of today has it. The list
// gives neither county, type nor validity, and its numbers begin with county
// numbers of before 2018, so none of these can be derived.
type Office struct {
	Number string // four digits
	Name   string
	Active bool
	Source Source
}

var (
	//go:embed data/counties.csv
	countiesCSV []byte
	//go:embed data/nav-offices.csv
	officesCSV []byte
)

// Counties reads the embedded list of counties, by number.
func Counties() ([]County, error) {
	rows, err := table("counties.csv", countiesCSV, 4)
	if err != nil {
		return nil, err
	}
	list := make([]County, 0, len(rows))
	for _, row := range rows {
		c := County{Number: row[0], Name: row[1], Source: data("counties.csv")}
		if c.ValidFrom, err = time.Parse(time.DateOnly, row[2]); err != nil {
			return nil, fmt.Errorf("read counties.csv, %s: %w", c.Name, err)
		}
		if row[3] != "" {
			if c.ValidTo, err = time.Parse(time.DateOnly, row[3]); err != nil {
				return nil, fmt.Errorf("read counties.csv, %s: %w", c.Name, err)
			}
		}
		list = append(list, c)
	}
	return list, nil
}

// CountiesOn gives the counties that existed on the day.
func CountiesOn(day time.Time) ([]County, error) {
	list, err := Counties()
	return slices.DeleteFunc(list, func(c County) bool { return !c.ValidOn(day) }), err
}

// Offices reads the embedded list of local offices, by number.
func Offices() ([]Office, error) {
	rows, err := table("nav-offices.csv", officesCSV, 3)
	if err != nil {
		return nil, err
	}
	list := make([]Office, 0, len(rows))
	for _, row := range rows {
		active, err := strconv.ParseBool(row[2])
		if err != nil {
			return nil, fmt.Errorf("read nav-offices.csv, %s: %w", row[0], err)
		}
		list = append(list, Office{row[0], row[1], active, data("nav-offices.csv (navikt/veilarbvisittkortfs)")})
	}
	return list, nil
}

// table reads a CSV file of the given width and leaves out its heading.
func table(name string, content []byte, width int) ([][]string, error) {
	r := csv.NewReader(bytes.NewReader(content))
	r.FieldsPerRecord = width
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("read %s: the file is empty", name)
	}
	return rows[1:], nil
}
