package storefront

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"galleria/app/pictures"
	"galleria/app/storefront/internal/page"
)

const biggestPicture = 1 << 20

var (
	pictureName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	pictureTypes = map[string]string{
		".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
	}
)

// plain stands where a picture is missing and nobody draws one: the niche of the
// shop's pictures, empty.
const plain = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800"><path fill="#e4e1dc" d="M0 0h800v800H0z"/>` +
	`<path fill="#efedea" d="M136 640V376C135 232 254 108 407 107S682 226 682 376V640z"/><path fill="#d6d2cb" d="M0 638h800v162H0z"/></svg>`

// gallery is where pages find pictures: those the shop was given, those that came
// with the program, and drawings for the names that have none.
type gallery struct {
	store       *pictures.Store // nil: none were given
	files       map[string]pictureFile
	placeholder func(name, category string) []byte
}

type pictureFile struct {
	body              []byte
	contentType, mark string
}

func newGallery(o Options) (*gallery, error) {
	g := &gallery{store: o.Store, files: map[string]pictureFile{}, placeholder: o.Placeholder}
	if g.store != nil {
		if err := g.store.Check(); err != nil {
			return nil, fmt.Errorf("storefront: %w", err)
		}
	}
	if o.Pictures == nil {
		return g, nil
	}
	entries, err := fs.ReadDir(o.Pictures, ".")
	if err != nil {
		return nil, fmt.Errorf("storefront: pictures: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, fmt.Errorf("storefront: picture %s: %w", e.Name(), err)
		}
		contentType := pictureTypes[path.Ext(e.Name())]
		if !info.Mode().IsRegular() || info.Size() > biggestPicture || contentType == "" || !pictureName.MatchString(e.Name()) {
			continue
		}
		body, err := fs.ReadFile(o.Pictures, e.Name())
		if err != nil {
			return nil, fmt.Errorf("storefront: picture %s: %w", e.Name(), err)
		}
		sum := sha256.Sum256(body)
		g.files[e.Name()] = pictureFile{body: body, contentType: contentType, mark: hex.EncodeToString(sum[:4])}
	}
	return g, nil
}

// version changes when pages may have to show other pictures than before.
func (g *gallery) version() uint64 {
	if g.store == nil {
		return 0
	}
	return g.store.Version()
}

// given is a picture the shop was given under that name.
func (g *gallery) given(name string) (pictures.Picture, bool) {
	if g.store == nil {
		return pictures.Picture{}, false
	}
	return g.store.Find(name)
}

// drawn tells whether a drawing stands for the name, in its category's colours.
func (g *gallery) drawn(name string) bool {
	if g.placeholder == nil {
		return false
	}
	if _, ok := g.files[name]; ok {
		return false
	}
	_, ok := g.given(name)
	return !ok
}

// of is what a page shows for a name. An address changes when what is there does,
// so that browsers may keep what they have for good; a drawing's tells the category.
func (g *gallery) of(name, category string) page.Picture {
	if p, ok := g.given(name); ok {
		return sized(p)
	}
	if name == "" {
		name = "none.svg"
	}
	at := "/pictures/" + url.PathEscape(name)
	if f, ok := g.files[name]; ok {
		at += "?v=" + f.mark
	} else if category != "" && g.placeholder != nil {
		at += "?c=" + url.QueryEscape(category)
	}
	return page.Picture{Src: at, Best: at, Width: 800, Height: 800}
}

// sized are all sizes of a given picture; browsers that know no others take one for
// a small screen.
func sized(p pictures.Picture) page.Picture {
	stem := strings.TrimSuffix(p.Name, path.Ext(p.Name))
	var shown page.Picture
	var set strings.Builder
	for i, size := range p.Sizes {
		at := "/pictures/" + size.Hash + "/" + stem + size.Ending
		if i > 0 {
			set.WriteString(", ")
		}
		set.WriteString(at + " " + strconv.Itoa(size.Width) + "w")
		if i < 2 {
			shown.Src, shown.Width, shown.Height = at, size.Width, size.Height
		}
		shown.Best = at
	}
	if len(p.Sizes) > 1 {
		shown.Set = set.String()
	}
	return shown
}

// pictureHeaders let a picture be shown anywhere and do nothing.
func pictureHeaders(h http.Header) {
	h.Set("Content-Security-Policy", picturePolicy)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // mails and search engines show them too
}

// picture serves what a name shows now.
func (s *Storefront) picture(c echo.Context) error {
	name := c.Param("name")
	h := c.Response().Header()
	pictureHeaders(h)
	if p, ok := s.gallery.given(name); ok {
		return s.stored(c, p.Sizes[len(p.Sizes)-1], "public, max-age=60")
	}
	if f, ok := s.gallery.files[name]; ok {
		caching := "public, max-age=3600"
		if c.QueryParam("v") == f.mark {
			caching = forGood
		}
		return file(c, f.contentType, caching, f.body)
	}
	category := c.QueryParam("c")
	if !pictureName.MatchString(name) || len(category) > 64 {
		h["Content-Security-Policy"] = []string{pagePolicy}
		return echo.ErrNotFound
	}
	if s.gallery.placeholder == nil {
		return file(c, "image/svg+xml", "public, max-age=60", []byte(plain))
	}
	caching := "public, max-age=60" // until there is a picture
	if category != "" {
		caching = "public, max-age=86400" // pages name it only while there is none
	}
	return file(c, "image/svg+xml", caching, s.gallery.placeholder(name, category))
}

// sizedPicture serves one size of a picture by what is in it. The name is for people
// who keep the file, and for search engines.
func (s *Storefront) sizedPicture(c echo.Context) error {
	name := c.Param("name")
	if s.gallery.store == nil || !pictureName.MatchString(name) {
		return echo.ErrNotFound
	}
	return s.stored(c, pictures.Size{Hash: c.Param("hash"), Ending: path.Ext(name)}, forGood)
}

// stored sends a file of the store, or a part of it, or that it did not change.
func (s *Storefront) stored(c echo.Context, size pictures.Size, caching string) error {
	f, err := s.gallery.store.Open(size.Hash, size.Ending)
	if errors.Is(err, fs.ErrNotExist) {
		return echo.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	h := c.Response().Header()
	pictureHeaders(h)
	h.Set("Content-Type", pictures.Types[size.Ending])
	h.Set("Cache-Control", caching)
	h.Set("ETag", `"`+size.Hash+`"`)
	http.ServeContent(c.Response(), c.Request(), "", info.ModTime(), f)
	return nil
}
