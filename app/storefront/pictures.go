package storefront

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"

	"github.com/labstack/echo/v4"
)

const biggestPicture = 1 << 20

var (
	pictureName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	pictureTypes = map[string]string{
		".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
	}
)

// pictures are the files products name, and drawings for names without a file.
type pictures struct {
	files       map[string]pictureFile
	placeholder func(name, category string) []byte
}

type pictureFile struct {
	body              []byte
	contentType, mark string
}

func readPictures(from fs.FS, placeholder func(name, category string) []byte) (*pictures, error) {
	p := &pictures{files: map[string]pictureFile{}, placeholder: placeholder}
	if from == nil {
		return p, nil
	}
	entries, err := fs.ReadDir(from, ".")
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
		body, err := fs.ReadFile(from, e.Name())
		if err != nil {
			return nil, fmt.Errorf("storefront: picture %s: %w", e.Name(), err)
		}
		sum := sha256.Sum256(body)
		p.files[e.Name()] = pictureFile{body: body, contentType: contentType, mark: hex.EncodeToString(sum[:4])}
	}
	return p, nil
}

// held tells whether there is a file of that name.
func (p *pictures) held(name string) bool { _, ok := p.files[name]; return ok }

// address is where a page finds a picture. It changes when the picture does,
// so that browsers may keep what they have for good; a placeholder's tells the
// category, which gives it its colours.
func (p *pictures) address(name, category string) string {
	if name == "" {
		name = "none.svg"
	}
	at := "/pictures/" + url.PathEscape(name)
	if f, ok := p.files[name]; ok {
		return at + "?v=" + f.mark
	}
	if category == "" {
		return at
	}
	return at + "?c=" + url.QueryEscape(category)
}

func (s *Storefront) picture(c echo.Context) error {
	name := c.Param("name")
	h := c.Response().Header()
	h.Set("Content-Security-Policy", picturePolicy)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // mails and search engines show them too
	if f, ok := s.pictures.files[name]; ok {
		caching := "public, max-age=3600"
		if c.QueryParam("v") == f.mark {
			caching = forGood
		}
		return file(c, f.contentType, caching, f.body)
	}
	category := c.QueryParam("c")
	if s.pictures.placeholder == nil || !pictureName.MatchString(name) || len(category) > 64 {
		h["Content-Security-Policy"] = []string{pagePolicy}
		return echo.ErrNotFound
	}
	return file(c, "image/svg+xml", "public, max-age=86400", s.pictures.placeholder(name, category))
}
