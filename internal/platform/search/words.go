package search

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/norwegian"

	"funn/internal/platform/lang"
)

// word is one word of a text.
type word struct {
	start, end int      // bytes in the text
	folded     string   // without hyphens: "NAV-kontor" is "navkontor"
	pieces     []string // what hyphens join, folded; nil without hyphens
}

const (
	longestWord = 64 // runes: what is longer is no word
	mostPieces  = 8
)

// words cuts a text into words: runs of letters and digits, joined by hyphens
// and apostrophes. It calls yield until that gives false.
func words(text string, yield func(word) bool) {
	start := -1
	var joined bool // what came last is a hyphen or an apostrophe inside a word
	end := 0
	emit := func() bool {
		if start < 0 {
			return true
		}
		w, ok := makeWord(text, start, end)
		start = -1
		return !ok || yield(w)
	}
	for i, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r):
			if start < 0 {
				start = i
			}
			end, joined = i+utf8.RuneLen(r), false
		case start >= 0 && !joined && joins(r):
			joined = true
		case r == '\u00ad': // a soft hyphen is no part of the word
		default:
			joined = false
			if !emit() {
				return
			}
		}
	}
	emit()
}

func joins(r rune) bool { return isHyphen(r) || r == '\'' || r == '’' }

func isHyphen(r rune) bool { return r == '-' || r == '\u2010' || r == '\u2011' }

func makeWord(text string, start, end int) (word, bool) {
	w := word{start: start, end: end}
	raw := text[start:end]
	if !strings.ContainsFunc(raw, func(r rune) bool { return joins(r) || r == '\u00ad' }) {
		w.folded = lang.Fold(raw)
		return w, w.folded != "" && utf8.RuneCountInString(w.folded) <= longestWord
	}
	for _, p := range strings.FieldsFunc(raw, isHyphen) {
		p = lang.Fold(strings.Map(func(r rune) rune {
			if joins(r) || r == '\u00ad' {
				return -1
			}
			return r
		}, p))
		if p != "" {
			w.pieces = append(w.pieces, p)
		}
	}
	w.folded = strings.Join(w.pieces, "")
	if len(w.pieces) == 1 {
		w.pieces = nil
	}
	return w, w.folded != "" && len(w.pieces) <= mostPieces && utf8.RuneCountInString(w.folded) <= longestWord
}

// numberKey gives the form in which numbers are compared: "b-2022 001" is
// "b2022001".
func numberKey(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, lang.Fold(s))
}

// stem gives the stem of a folded word, by the Snowball rules for Norwegian
// (which serve both written forms) or English.
func stem(folded, language string) string {
	if language == string(lang.EN) {
		return english.Stem(folded, true)
	}
	// Snowball takes one ending away, knows no -erne and no nynorsk -heit, and so
	// would not find "senter" by "senteret" nor "brukar" by "brukarane".
	for again, n := true, 0; again && n < 3; n++ {
		if short, ok := strings.CutSuffix(folded, "erne"); ok && len(short) >= 4 { // not "kjerne"
			folded = short
		}
		folded = norwegian.Stem(folded, true)
		again = strings.HasSuffix(folded, "er") || strings.HasSuffix(folded, "ar")
		if short, ok := strings.CutSuffix(folded, "heit"); ok && len(short) >= 4 {
			folded, again = short, true
		}
	}
	return folded
}

func isStop(folded string) bool { return stopWords()[folded] }

// stopWords are the words that stand in nearly every text of the three
// languages. They are left out of texts and queries.
var stopWords = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
		alle alt at av begge ble blei blir bli blitt da dei deira deira deg dei deim dem den denne der dere dereira deres det dette di din disse ditt du då
		eg ein eit eitt ei eller elles en er et ett etter for fordi fra frå få får før ha hadde han har hennar hennes her hjå ho hun hva hvem hver hverandre hvilke hvilken hvis hvor hvordan hvorfor
		i ikke ikkje inn innen ja jeg kan kom kor korleis korso kva kvar kven kvi kvifor kunne man med meg mellom men mer mi min mitt mot mykje må
		ned noe noen noko nokon nokre nå når og også om opp oss over på samme sei seg selv sia sidan siden sin sine sitt sjøl skal skulle slik so som somme står så til um upp ut uten utan
		var vart varte ved vere verte vi vil ville vore vors vort være vært vår då å både eigen egen enn
		a an and are as at be by for from has have in into is it its of on or that the their this to was were which with`) {
		m[w] = true
	}
	return m
})

// parts gives the stems of a compound word's parts: "arbeidsmarkedstiltak" has
// "tiltak", "marked" and "arbeid". It knows words that Norwegian texts about work
// and welfare put together with others, and takes what is left for a part too. It
// may be wrong, so parts count little.
func parts(folded string) []string {
	var out []string
	for {
		first, known, found := split(folded)
		if !found {
			break
		}
		out = append(out, stem(known, ""))
		folded = first
	}
	if out != nil {
		out = append(out, stem(folded, "")) // the stemmer takes the joining -s- and -e- away
	}
	return out
}

// split takes a known word off the end of a compound, the longest there is, or
// else off its beginning.
func split(folded string) (rest, known string, found bool) {
	const shortest = 4 // letters of a part
	if utf8.RuneCountInString(folded) < 2*shortest {
		return "", "", false
	}
	n := 0
	for i := range folded {
		if n++; n > shortest && hasVowel(folded[:i]) && compounders()[folded[i:]] {
			return folded[:i], folded[i:], true
		}
	}
	n = utf8.RuneCountInString(folded)
	for i := len(folded); i > 0; {
		_, size := utf8.DecodeLastRuneInString(folded[:i])
		i -= size
		n--
		if left := utf8.RuneCountInString(folded) - n; n >= shortest && left >= shortest && hasVowel(folded[i:]) && compounders()[folded[:i]] {
			return folded[i:], folded[:i], true
		}
	}
	return "", "", false
}

func hasVowel(s string) bool { return strings.ContainsAny(s, "aeiouyæøå") }

// compounders are the known words in the forms that stand in compounds.
var compounders = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
		aktivitet alder algoritme analyse anbefaling anskaffelse ansvar anskaffing arbeid arkiv artikkel avgjerd avhandling avklaring avtale
		barn bedrift behandling behov beslutning bibliotek bolig bransje bruker brukar budsjett bustad data delaktighet deltakelse deltaking
		departement direktorat dokument effekt eksperiment endring erfaring evaluering evne familie fattigdom finansiering flyktning foreldre
		forhold formidling forskning forsking forsøk forvaltning forvalting fravær frist fylke gjeld gjevar giver gruppe hjelp hjelpemiddel helse
		høgskole høgskule inkludering inntekt innkjøp innovasjon innsats innsikt innvandrer innvandrar institutt intelligens intervju
		jobb kapasitet kapittel klage kommune kompetanse konferanse konkurranse kontor kontrakt kunnskap kurs kvalifisering kvalitet
		ledelse leder leiar leiing ledighet ledigheit leverandør levekår likestilling løsning løysing lønn løn marked marknad medvirkning medverknad melding mestring meistring metode middel
		miljø modell motivasjon mottakar mottaker møte mål nettverk næring nærvær område omstilling oppdrag oppfølging oppgave oppgåve opplæring organisasjon overgang
		partner pengar penger pensjon permisjon personvern pleie plan plikt portal praksis program prosess prosjekt publikasjon rammeverk rapport
		regelverk register rekruttering ressurs resultat rettleiar rettleiing rettighet risiko råd samarbeid samfunn samhandling seminar senter skjema skole skule
		sosial språk statistikk stilling stipendiat strategi studie støtte stønad sykdom sjukdom system søkar søker søkjar søknad taker takar tariff teknologi
		teneste tjeneste tilbod tilbud tilgang tilråding tilskot tilskudd tiltak trygd tryggleik ulikhet ulikskap undersøkelse undersøking
		ungdom universitet utdanning utlysing utlysning utprøving utredning utgreiing utvalg utval utvikling vedtak veileder vegleiar veiledning vegleiing verdi
		verknad virkning verksemd virksomhet vurdering ytelse yting yrke økonomi`) {
		m[w] = true
		ends := "s e a en et er ar ene ane ers ens ets"
		if base, ok := strings.CutSuffix(w, "e"); ok {
			ends = "s r n t rs ns"
			for _, end := range []string{"a", "ar", "ene", "ane"} {
				m[base+end] = true
			}
		}
		for _, end := range strings.Fields(ends) {
			m[w+end] = true
		}
	}
	return m
})

// alike lists words that mean the same in the two written forms of Norwegian, or
// nearly the same, and forms of a word that a stemmer cannot bring together.
// Forms that differ in an ending only need no line.
const alike = `
	forskning forsking
	virksomhet verksemd
	bok bøker
	barn born
	syk sjuk
	sykdom sjukdom
	sykefravær sjukefråvær
	sykmelding sykemelding sjukmelding
	sykmeldt sykemeldt sjukmeldt
	sykepenger sjukepengar
	arbeidsgiver arbeidsgjevar
	arbeidssøker arbeidssøkjar
	arbeidsledig arbeidsløs arbeidslaus
	arbeidsledighet arbeidsløshet arbeidsløyse
	arbeidsmarked arbeidsmarknad
	marked marknad
	ytelse yting
	tjeneste teneste
	veileder rettleiar vegleiar
	veiledning rettleiing vegleiing
	søker søkjar
	mulig mogleg
	virkning verknad effekt
	virke verke
	undersøkelse undersøking
	beslutning avgjerd avgjørelse
	anbefaling tilråding
	utlysning utlysing
	utredning utgreiing
	forvaltning forvalting
	anskaffelse anskaffing innkjøp
	tilskudd tilskot
	tilbud tilbod
	utvalg utval
	bolig bustad
	skole skule
	hjem heim
	mann menn
	ansatt tilsett
	leder leiar
	ledelse leiing
	løsning løysing
	sikkerhet trygghet tryggleik
	ulikhet ulikskap
	følge følgje
	deltakelse deltaking deltagelse
	medvirkning medverknad
	fremtid framtid
	erfaring røynsle
	øke auke
	økning auke
	forsøk utprøving eksperiment
	funksjonsnedsettelse funksjonsnedsetjing
	unge ungdom
	doktorgrad phd
	virkemiddel verkemiddel
	utenforskap utanforskap`

// related lists words of the field that are not the same but are written of the same:
// whoever asks for one is shown, after what has the word itself, what has the others,
// and is told so. Only words that hardly ever stand for different things belong here
// ("innvandrer" and "flyktning" do not). The words are bokmål; their nynorsk forms
// are the last on the lines of alike. A word with = in front counts in that form only, since its stem is
// another word's too ("ledig" has that of "leder").
const related = `
	sykefravær sykmeldt sykmelding
	arbeidsledig =ledig =ledige =ledighet
	ufør uføretrygd
	arbeidsavklaringspenger =aap
	tiltak virkemiddel
	sosialhjelp sosialstønad
	funksjonsnedsettelse funksjonshemming
	jobbstøtte =ips
	kvalifiseringsprogram =kvp`

// relative is a word that is searched for beside the one that was asked for.
type relative struct {
	word    string // as it is told to the reader
	nynorsk string // the same to those who read nynorsk
	stems   []string
	exact   string // the only form that counts, instead of the stems
}

// relatives gives the related words of a query's word, by its stem and by its form.
var relatives = sync.OnceValue(func() map[string][]relative {
	nynorsk := map[string]string{}
	for _, line := range strings.Split(alike, "\n") {
		if group := strings.Fields(line); len(group) > 1 {
			nynorsk[group[0]] = group[len(group)-1]
		}
	}
	m := map[string][]relative{}
	for _, line := range strings.Split(related, "\n") {
		var group []relative
		for _, w := range strings.Fields(line) {
			form, exact := strings.CutPrefix(w, "=")
			r := relative{word: form, nynorsk: cmp.Or(nynorsk[form], form), exact: form}
			if !exact {
				r.exact, r.stems = "", append([]string{stem(form, "")}, synonyms()[stem(form, "")]...)
			}
			group = append(group, r)
		}
		for _, from := range group {
			keys := from.stems
			if from.exact != "" {
				keys = []string{"=" + from.exact}
			}
			for _, key := range keys {
				for _, to := range group {
					if to.word != from.word {
						m[key] = append(m[key], to)
					}
				}
			}
		}
	}
	return m
})

// relativesOf gives what is searched for beside a word, each once.
func relativesOf(w asked) []relative {
	var out []relative
	for _, key := range append([]string{"=" + w.folded}, w.stems...) {
		for _, r := range relatives()[key] {
			if !slices.ContainsFunc(out, func(o relative) bool { return o.word == r.word }) && r.word != w.folded {
				out = append(out, r)
			}
		}
	}
	return out
}

// synonyms gives, by stem, the stems of the words that are alike.
var synonyms = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for _, line := range strings.Split(alike, "\n") {
		group := strings.Fields(line)
		for _, a := range group {
			for _, b := range group {
				from, to := stem(a, ""), stem(b, "")
				if from != to && !slices.Contains(m[from], to) {
					m[from] = append(m[from], to)
				}
			}
		}
	}
	return m
})
