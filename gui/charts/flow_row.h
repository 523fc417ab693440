// A row of a chart's layout that holds words and legend entries and breaks into lines where the
// chart is narrow: titles, legends and counting rules. Nothing of it covers the data.
#pragma once

#include <QColor>
#include <QFont>
#include <QString>
#include <optional>
#include <vector>

#include "gui/charts/plot_style.h"
#include "gui/charts/qcustomplot_include.h"

namespace limoe::gui {

struct FlowEntry {
  enum class Swatch { None, Line, Box };
  QString text;
  Swatch swatch = Swatch::None;
  QColor color;                       ///< of the swatch
  Qt::PenStyle line = Qt::SolidLine;  ///< of a line swatch
};

class FlowRow : public QCPLayoutElement {
 public:
  explicit FlowRow(QCustomPlot* plot);

  /// Legend: entries stay whole.
  void setEntries(std::vector<FlowEntry> entries);
  /// Running text: breaks between words.
  void setText(const QString& text);
  void setLook(const PlotStyle& style, const QFont& font, const QColor& color);
  void setMinimumLines(int lines) { minimum_lines_ = lines; }
  /// Takes no room and is not drawn.
  void setCollapsed(bool collapsed) { collapsed_ = collapsed; }
  QString text() const;     ///< all entries, separated by spaces
  int wholeHeight() const;  ///< collapsed or not, in units of the plot

  void update(UpdatePhase phase) override;

 protected:
  void draw(QCPPainter* painter) override;

 private:
  struct Placed {
    std::size_t entry;
    double left;
    int line;
  };
  std::vector<Placed> placed(double width, int* lines) const;
  double lineHeight() const;
  double swatchWidth(const FlowEntry& entry) const;
  double em() const { return font_.pixelSize(); }

  std::vector<FlowEntry> entries_;
  bool is_text_ = false;
  QFont font_;
  QColor color_;
  double line_ = 1;  ///< width of thin lines, in units of the plot
  int minimum_lines_ = 0;
  bool collapsed_ = false;
};

/// Collapses rows of a plot that is too low for `wanted` units of data besides its texts, the first
/// of `rows` first, and shows them again where there is room. `fixed`: units that other parts take.
void collapseRows(const QCustomPlot& plot, const std::vector<FlowRow*>& rows, int fixed,
                  int wanted);

}  // namespace limoe::gui
