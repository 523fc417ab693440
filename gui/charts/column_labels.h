// Below the columns of a chart of experts: their coloured numbers, and the names of their layers.
#pragma once

#include <QString>
#include <QStringList>
#include <vector>

#include "gui/charts/plot_style.h"
#include "gui/charts/qcustomplot_include.h"

namespace limoe::gui {

class ColumnLabels : public QCPLayerable {
 public:
  static constexpr double kBarWidth = 0.78;  ///< of the distance between two experts
  static constexpr double kGroupGap = 1.0;   ///< between two layers, in distances between experts

  explicit ColumnLabels(QCPAxisRect* rect);

  struct Label {
    double key;
    QString number;
    QColor color;
    bool selected;
  };
  struct Group {
    double key;  ///< middle
    double width;
    QStringList names;  ///< longest first; the first that fits is drawn, or else the last
  };
  std::vector<Label> labels;
  std::vector<Group> groups;
  PlotStyle style;

  int height() const;  ///< in units of the plot

 protected:
  void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
  QRect clipRect() const override;
  void draw(QCPPainter* painter) override;

 private:
  double numberHeight() const;

  QCPAxisRect* rect_;
};

}  // namespace limoe::gui
