// The parts that the expert gallery is laid out from.
#pragma once

#include <QColor>
#include <QLineEdit>
#include <QString>
#include <QWidget>
#include <array>
#include <cstdint>
#include <vector>

class QLabel;
class QScrollArea;
class QToolButton;
class QVBoxLayout;

namespace limoe::gui {

class ExpertItems;
class FlowRows;
class LiftRows;
class LoadCurve;
class PatchGrid;
class WalkBar;
class WordChips;

/// Enter (or leaving it) takes over what was typed, Esc brings the old name back.
class NameField : public QLineEdit {
  Q_OBJECT
 public:
  explicit NameField(QWidget* parent);
  /// Another name or another expert; what is being typed for the same expert stays.
  void showName(int64_t layer, int64_t expert, const QString& name);

 Q_SIGNALS:
  void named(int64_t layer, int64_t expert, const QString& name);

 protected:
  bool event(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  int64_t layer_ = -1, expert_ = -1;
  QString name_;
};

/// Image and text as two parts of one bar.
class ModalityBar : public QWidget {
  Q_OBJECT
 public:
  explicit ModalityBar(QWidget* parent);
  void setCounts(const std::array<uint64_t, 2>& kept);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  std::array<uint64_t, 2> kept_{};
};

/// A small rounded square in the expert's colour.
class Swatch : public QWidget {
  Q_OBJECT
 public:
  explicit Swatch(QWidget* parent);
  void setColor(const QColor& color);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QColor color_;
};

/// A title, what is shown, and a note on how it was counted or why there is nothing.
struct GallerySection {
  QWidget* box = nullptr;
  QLabel *title = nullptr, *note = nullptr;
  ExpertItems* items = nullptr;

  void setTitle(const QString& text, const QString& definition) const;
  void setNote(const QString& text) const;  ///< empty: none
};

/// All are children of the gallery.
struct GalleryParts {
  QWidget* header = nullptr;
  Swatch* swatch = nullptr;
  QLabel *title = nullptr, *place = nullptr, *other = nullptr, *counted = nullptr;
  NameField* name = nullptr;
  WalkBar* wait = nullptr;    ///< for the numbers of the expert, then for its flows
  QLabel* message = nullptr;  ///< instead of everything below the header
  QScrollArea* scroll = nullptr;

  GallerySection patches, words, labels, pieces, caption_words, load, modality, to, from;
  PatchGrid* patch_grid = nullptr;
  QToolButton* all_patches = nullptr;
  WordChips* word_chips = nullptr;
  LiftRows *label_rows = nullptr, *piece_rows = nullptr, *caption_word_rows = nullptr;
  LoadCurve* load_curve = nullptr;
  ModalityBar* modality_bar = nullptr;
  QLabel* counts = nullptr;
  FlowRows *to_rows = nullptr, *from_rows = nullptr;

  void build(QWidget& gallery);
  /// `text` instead of the sections; without `with_header` instead of the header too.
  void showMessage(const QString& text, bool with_header) const;
  void showSections() const;

 private:
  void buildHeader(QWidget& gallery, QVBoxLayout& layout);
  void buildSections(QWidget& content, QVBoxLayout& layout);
};

}  // namespace limoe::gui
